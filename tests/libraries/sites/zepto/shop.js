onShop({"name": "海珠店"});
