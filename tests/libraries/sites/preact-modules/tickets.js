import { h, Fragment } from 'preact';
import { useReducer } from 'preact/hooks';
import { say } from './state.js';

const reduce = (list, { type, id }) => type === 'close' ? list.filter((one) => one.id !== id) : [...list, { id, text: `新工单 ${id}` }];

export class Ticket {
  #closed = false;
  constructor(id, text) { Object.assign(this, { id, text }); }
  get isClosed() { return this.#closed; }
  close() { this.#closed = true; say(`${this.text} 已关闭`); }
}

export function Tickets({ user }) {
  const [list, dispatch] = useReducer(reduce, [new Ticket(1, `${user} 退款`), new Ticket(2, `${user} 换货`)]);
  const close = (ticket) => () => { ticket.close?.(); dispatch({ type: 'close', id: ticket.id }); };
  return h(Fragment, null,
    h('ul', null, list.map((ticket) => h('li', { key: ticket.id }, ticket.text, h('button', { onClick: close(ticket) }, '×')))),
    h('button', { id: 'add', onClick: () => dispatch({ type: 'add', id: list.length + 10 }) }, '加'));
}
