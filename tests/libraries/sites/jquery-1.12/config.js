var CONFIG = { name: "默认店铺" };
