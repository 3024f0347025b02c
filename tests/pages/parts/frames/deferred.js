told.push("deferred " + document.readyState + " " + document.getElementById("p").id);
