log.push("nested1"); document.write("<script src=\"parts/nested2.js\"></scr" + "ipt><i id=afternested></i>"); log.push("nested1 end, i " + !!document.getElementById("afternested"));
