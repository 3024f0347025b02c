import { h } from 'preact';
import { useState } from 'preact/hooks';
import { loading } from '../labels.js';

export default function Notes({ user }) {
  const [text, setText] = useState('');
  return h('label', null, user || loading, h('input', { name: 'note', value: text, onInput: (event) => setText(event.target.value) }), h('em', null, text.length));
}
