Cart.main.gift = '送贴纸';
