// The mirror: fills a frame with a page's document as the host says it (src/console/mirror), and says what a person does
// in it. Nothing of the page runs here: the frame is sandboxed, what is said has been made safe, and nothing is parsed.

const SPACES = {svg: 'http://www.w3.org/2000/svg', math: 'http://www.w3.org/1998/Math/MathML'};
const HTML = 'http://www.w3.org/1999/xhtml';
const XLINK = 'http://www.w3.org/1999/xlink';
// A pause after which what was typed is said, in ms.
const PAUSE_MS = 300;

// A form's or document's own methods may be hidden by elements of their names (DOM clobbering): all are called as the
// interfaces have them.
const bound = (value) => Function.prototype.call.bind(value);
const method = (kind, name) => bound(kind.prototype[name]);
const getter = (kind, name) => bound(Object.getOwnPropertyDescriptor(kind.prototype, name).get);
const setter = (kind, name) => bound(Object.getOwnPropertyDescriptor(kind.prototype, name).set);
const listen = method(EventTarget, 'addEventListener');
const createElement = method(Document, 'createElementNS');
const createText = method(Document, 'createTextNode');
const insertBefore = method(Node, 'insertBefore');
const removeChild = method(Node, 'removeChild');
const parentOf = getter(Node, 'parentNode');
const firstChildOf = getter(Node, 'firstChild');
const nextOf = getter(Node, 'nextSibling');
const textOf = getter(Node, 'textContent');
const setText = setter(Node, 'textContent');
const documentElementOf = getter(Document, 'documentElement');
const activeOf = getter(Document, 'activeElement');
const nameOf = getter(Element, 'localName');
const attributeNames = method(Element, 'getAttributeNames');
const getAttribute = method(Element, 'getAttribute');
const setAttribute = method(Element, 'setAttribute');
const setAttributeNS = method(Element, 'setAttributeNS');
const removeAttribute = method(Element, 'removeAttribute');
const closest = method(Element, 'closest');
const focusOn = method(HTMLElement, 'focus');
const isEditable = getter(HTMLElement, 'isContentEditable');
const typeOf = getter(HTMLInputElement, 'type');

const CONTROLS = {input: HTMLInputElement, textarea: HTMLTextAreaElement};
const KEYS = new Set(['Enter', 'Escape', 'ArrowUp', 'ArrowDown']);
// Inputs that are clicked, not typed into.
const CLICKED = new Set(['checkbox', 'radio', 'button', 'submit', 'reset', 'image', 'file', 'hidden']);

const valueOf = (node) => getter(CONTROLS[nameOf(node)], 'value')(node);
const isElement = (node) => node?.nodeType === 1;
const isField = (node) =>
  isElement(node) && (nameOf(node) === 'textarea' || (nameOf(node) === 'input' && !CLICKED.has(typeOf(node))));

// Shows what `apply` is told in the frame. `act({node, kind, value})` is called as the person does something; `again()`
// where the frame was loaded anew, so that all of the document is needed. `address(quirks)` is that of an empty document.
export function mirror(frame, {act, again = () => {}, address}) {
  let document = null; // the frame's, once it is there
  let isQuirky = null; // what was asked for
  let waiting = []; // what came before the document
  let nodes = new Map();
  let ids = new WeakMap();
  let pending = null; // {node, id, timer, isAfterEnter}: typed, not yet said
  let entered = null; // the field whose value Enter has committed
  let focus = null; // as the page had it last
  const edited = new Set(); // editing hosts with nodes that the person made

  frame.setAttribute('sandbox', 'allow-same-origin');
  frame.setAttribute('referrerpolicy', 'no-referrer');
  frame.addEventListener('load', () => {
    const loaded = frame.contentDocument;
    if (isQuirky === null || !loaded || loaded === document) return;
    const isExpected = document === null;
    document = loaded;
    watch();
    if (!isExpected) return again();
    const said = waiting;
    waiting = [];
    said.forEach(apply);
  });

  function apply(looked) {
    if (looked.whole && looked.quirks !== isQuirky) {
      [document, isQuirky, waiting] = [null, looked.quirks, []];
      frame.src = address(isQuirky);
    }
    if (document === null) {
      if (looked.whole) waiting = [];
      waiting.push(looked);
      return;
    }
    const view = frame.contentWindow;
    const scroll = [view.scrollX, view.scrollY];
    if (looked.whole) clear();
    clean();
    const states = [];
    for (const change of looked.changes) make(change, states);
    // An option that is no longer selected must not have the browser select another one last.
    states.sort((a, b) => Boolean(a.selected) - Boolean(b.selected)).forEach(setState);
    if (looked.whole) view.scrollTo(...scroll);
    if (looked.focus !== focus) follow(looked.focus);
    focus = looked.focus;
  }

  function clear() {
    [nodes, ids] = [new Map(), new WeakMap()];
    drop();
    edited.clear();
    focus = null;
    const root = documentElementOf(document);
    if (root) removeChild(document, root);
  }

  function make(change, states) {
    const node = nodes.get(change.id);
    switch (change.do) {
      case 'insert': return insert(change, states);
      case 'move': return put(node, change);
      case 'remove': return remove(node);
      case 'attributes': return setAttributes(node, change.attributes);
      case 'text': return setText(node, change.text);
      case 'state': return void states.push(change);
    }
  }

  function insert(change, states) {
    let node;
    if (change.tag === undefined) {
      node = createText(document, change.text);
    } else {
      node = createElement(document, SPACES[change.space] ?? HTML, change.tag);
      setAttributes(node, change.attributes ?? {});
      if (change.text !== undefined) setText(node, change.text);
    }
    nodes.set(change.id, node);
    ids.set(node, change.id);
    put(node, change);
    if (change.value !== undefined || change.checked !== undefined || change.selected !== undefined) states.push(change);
  }

  function put(node, change) {
    const parent = change.in === 0 ? document : nodes.get(change.in);
    if (parent === document) {
      const root = documentElementOf(document);
      if (!isElement(node) || root === node) return;
      if (root) removeChild(document, root);
    }
    // What the person wrote into an editing host may stand in the way.
    const before = nodes.get(change.before);
    insertBefore(parent, node, before && parentOf(before) === parent ? before : null);
  }

  function remove(node) {
    if (parentOf(node)) removeChild(parentOf(node), node);
    const open = [node];
    while (open.length > 0) {
      const gone = open.pop();
      nodes.delete(ids.get(gone));
      ids.delete(gone);
      for (let child = firstChildOf(gone); child; child = nextOf(child)) open.push(child);
    }
  }

  function setAttributes(node, attributes) {
    for (const name of attributeNames(node)) if (!Object.hasOwn(attributes, name)) removeAttribute(node, name);
    for (const [name, value] of Object.entries(attributes)) {
      if (getAttribute(node, name) === value) continue;
      if (name === 'xlink:href') setAttributeNS(node, XLINK, name, value);
      else setAttribute(node, name, value);
    }
  }

  function setState(change) {
    const node = nodes.get(change.id);
    if (!node) return;
    if (change.selected !== undefined) return setter(HTMLOptionElement, 'selected')(node, change.selected);
    if (change.checked !== undefined) setter(HTMLInputElement, 'checked')(node, change.checked);
    if (change.indeterminate !== undefined) setter(HTMLInputElement, 'indeterminate')(node, change.indeterminate);
    if (change.value === undefined || !CONTROLS[nameOf(node)]) return;
    // What the page makes of a key counts, not the line break that the browser made; else what is being typed stays.
    if (pending?.node === node && !pending.isAfterEnter) return;
    if (pending?.node === node) drop();
    if (valueOf(node) !== change.value) setter(CONTROLS[nameOf(node)], 'value')(node, change.value);
  }

  // The page's focus, but only for a person who is in the frame and not writing: nothing takes him there.
  function follow(id) {
    const node = nodes.get(id);
    if (!node || pending || frame.ownerDocument.activeElement !== frame) return;
    if (activeOf(document) !== node) focusOn(node, {preventScroll: true});
  }

  // Takes out of editing hosts what the page does not have.
  function clean() {
    for (const host of edited) {
      if (pending?.node === host) continue;
      edited.delete(host);
      const open = [host];
      while (open.length > 0) {
        const node = open.pop();
        for (let child = firstChildOf(node), next; child; child = next) {
          next = nextOf(child);
          if (ids.has(child)) open.push(child);
          else removeChild(node, child);
        }
      }
    }
  }

  // The node of the page's that something happened to.
  function known(node) {
    while (node && !ids.has(node)) node = parentOf(node);
    return node;
  }

  function say(node, kind, value) {
    const id = ids.get(node);
    if (id !== undefined) act(value === undefined ? {node: id, kind} : {node: id, kind, value});
  }

  function drop() {
    clearTimeout(pending?.timer);
    pending = null;
  }

  function flush() {
    if (!pending) return;
    const {node} = pending;
    drop();
    say(node, 'input', CONTROLS[nameOf(node)] ? valueOf(node) : textOf(node));
  }

  function typed(node) {
    if (pending?.node !== node) flush();
    const isAfterEnter = pending?.isAfterEnter ?? false;
    clearTimeout(pending?.timer);
    pending = {node, isAfterEnter, timer: setTimeout(flush, PAUSE_MS)};
  }

  // The field or editing host that an event is in.
  function fieldOf(event) {
    let node = known(event.target);
    if (isField(node)) return node;
    while (isElement(node) && node instanceof frame.contentWindow.HTMLElement && isEditable(node)) {
      const above = parentOf(node);
      if (!isElement(above) || !isEditable(above)) return node;
      node = above;
    }
    return null;
  }

  const doings = {
    click(event) {
      event.preventDefault();
      flush();
      const node = known(event.target);
      // The choice in a list is said as a change.
      if (isElement(node) && !closest(node, 'select')) say(node, 'click');
    },
    submit(event) {
      event.preventDefault();
      flush();
      say(event.target, 'submit');
    },
    input(event) {
      const node = fieldOf(event);
      if (!node || event.isComposing) return;
      if (!isField(node)) edited.add(node);
      entered = null;
      typed(node);
    },
    compositionend(event) {
      doings.input({target: event.target, isComposing: false});
    },
    change(event) {
      const node = known(event.target);
      flush();
      if (isElement(node) && nameOf(node) === 'select') {
        const chosen = [...getter(HTMLSelectElement, 'selectedOptions')(node)];
        const values = chosen.map(getter(HTMLOptionElement, 'value'));
        say(node, 'change', getter(HTMLSelectElement, 'multiple')(node) ? values : values[0] ?? '');
      } else if (isField(node) && entered !== node) {
        say(node, 'change', valueOf(node));
      }
    },
    keydown(event) {
      const node = fieldOf(event);
      const isPlain = !event.isComposing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      if (!node || !isPlain || !KEYS.has(event.key)) return;
      const isLine = nameOf(node) === 'input';
      if (event.key !== 'Enter' && !isLine) return;
      if (isLine && event.key === 'Enter') event.preventDefault();
      flush();
      say(node, 'key', event.key);
      if (isLine && event.key === 'Enter') entered = node;
      // Unless the page does something with it, the browser breaks the line.
      if (!isLine) pending = {node, isAfterEnter: true, timer: setTimeout(flush, PAUSE_MS)};
    },
    focusout: flush,
  };

  function watch() {
    const target = document;
    for (const [type, doing] of Object.entries(doings)) {
      const heard = (event) => event.isTrusted && target === document && doing(event);
      listen(target, type, heard, {capture: true});
    }
    // Nothing is opened, dragged or dropped.
    for (const type of ['auxclick', 'dragstart', 'dragover', 'drop']) {
      listen(target, type, (event) => event.preventDefault(), {capture: true});
    }
  }

  return {apply};
}
