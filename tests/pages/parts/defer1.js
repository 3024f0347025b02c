log.push("defer1:" + document.readyState);
