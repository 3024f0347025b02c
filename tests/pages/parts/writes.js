log.push("a"); document.write("<b class=extw>by external</b>");
