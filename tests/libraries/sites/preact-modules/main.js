import { h, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Tickets } from './tickets.js';
import * as state from './state.js';
import labels from './labels.js';

function Lazy({ name, user }) {
  const [panel, setPanel] = useState(null);
  useEffect(() => {
    let gone = false;
    import(`panels/${name}.js`).then(
      (module) => gone || setPanel(() => module.default),
      (error) => gone || setPanel(() => () => h('p', { class: 'error' }, error.name)),
    );
    return () => { gone = true; };
  }, [name]);
  return panel ? h(panel, { user }) : h('p', null, labels.loading);
}

function App() {
  const [user, setUser] = useState('');
  const [panel, setPanel] = useState('');
  useEffect(() => {
    window.MCS_ClientNotify = (text) => {
      const data = JSON.parse(text);
      if (data.event === 'OnUserChange') setUser(data.useraccount);
    };
    state.subscribe((line) => put(line));
  }, []);
  const open = (name) => () => setPanel(name);
  return h('main', null,
    h('h2', null, user ? labels.of(user) : labels.none),
    user && h(Tickets, { user, key: user }),
    h('nav', null, ['orders', 'notes', 'missing'].map((name) => h('button', { id: name, onClick: open(name) }, name))),
    panel && h(Lazy, { name: panel, user }),
    h('footer', null, `${state.count} / ${new URL(import.meta.url).pathname.split('/').pop()}`));
}

render(h(App), document.getElementById('app'));
