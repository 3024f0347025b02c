log.push("between");
