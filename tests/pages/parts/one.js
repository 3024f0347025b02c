log.push("one");
