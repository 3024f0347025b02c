window.asyncRan = (window.asyncRan || 0) + 1; document.write("ignored");
