import { h } from 'vue';
import { total } from './say.js';

export default { render: () => h('aside', { title: import.meta.url.split('/').pop() }, `已说 ${total.value} 次`) };
