import { ref } from 'vue';

export const total = ref(0);
export const say = (text) => { total.value += 1; put(text); };
