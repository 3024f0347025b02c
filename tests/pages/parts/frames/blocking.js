told.push("blocking " + (typeof written));
