import { h } from 'preact';
import { say } from '../state.js';

const orders = await fetch(new URL('orders.json', import.meta.url)).then((response) => response.json());
say(`${orders.length} 张订单`);

export default ({ user }) => h('table', null, orders.map((order) => h('tr', { key: order.id }, h('td', null, user || '—'), h('td', null, order.id), h('td', null, order.sum))));
