log.push((window.tag || "ext") + ":" + (document.currentScript ? document.currentScript.id || "?" : "null"));
