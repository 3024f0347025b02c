ran.push("counted");
