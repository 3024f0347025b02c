log.push("nested2"); document.write("<u id=fromnested2></u>"); log.push("u " + !!document.getElementById("fromnested2"));
