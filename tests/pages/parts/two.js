log.push("two");
