log.push("defer2");
