import { computed, ref, watch } from 'vue';
import { say, total } from './say.js';

export default {
  props: { user: String },
  setup(props) {
    const parcels = ref([{ no: 'SF1', state: '在途' }, { no: 'YT2', state: '签收' }]);
    const open = computed(() => parcels.value.filter((parcel) => parcel.state !== '签收'));
    const tell = (parcel) => say(`${props.user}：${parcel.no} ${parcel.state}`);
    watch(open, (now) => say(`还有 ${now.length} 件`));
    return { parcels, open, tell, total, sign: (parcel) => { parcel.state = '签收'; } };
  },
  template: `
    <h1>{{ user }}（{{ open.length }}）</h1>
    <ul><li v-for="parcel in parcels" :key="parcel.no" :class="{ open: parcel.state === '在途' }">
      <a @click.prevent="tell(parcel)" href="#">{{ parcel.no }}</a> {{ parcel.state }}
      <button v-if="parcel.state !== '签收'" @click="sign(parcel)">签收</button>
    </li></ul>
    <footer>{{ total }}</footer>`,
};
