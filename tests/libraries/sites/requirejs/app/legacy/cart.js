var Cart = Cart || {};
Cart.main = {
	rows: [],
	add: function (name, price) {
		this.rows.push({ name: name, price: price });
		this.$('#cart').append('<span>' + name.replace('&', '&amp;') + '</span>');
	},
	text: function () {
		for (var i = 0, sum = 0, names = []; i < this.rows.length; i++) { sum += this.rows[i].price; names.push(this.rows[i].name); }
		return names.join('、') + ' 共 ' + sum.toFixed(1) + ' 元' + (this.gift ? '，' + this.gift : '');
	},
	clear: function () { this.rows = []; this.$('#cart span').remove(); }
};
