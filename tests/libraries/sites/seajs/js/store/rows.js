define([
	{ id: 1, title: '无法登录', type: 'open' },
	{ id: 2, title: '申请退款', type: 'done' },
	{ id: 3, title: '修改地址', type: 'open' }
]);
