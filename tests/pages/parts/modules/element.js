log.push("element " + new URL(import.meta.url).search);
