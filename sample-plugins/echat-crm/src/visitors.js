// 访客的状态：一个访客一条记录，切换回来时还在。
export const LEVELS = {
  normal: { name: '普通客户', benefits: '全场满 99 元包邮。' },
  silver: { name: '银卡会员', benefits: '全场包邮，生日当月享 95 折。' },
  gold: { name: '金卡会员', benefits: '全场 9 折并包邮，另有专属客服。' },
};

const KINDS = { 1: '文本', 2: '图片', 3: '视频', 4: '语音', 5: '文件' };
const MEMORY = 'crm.level.';

export const initial = { phase: 'connecting', business: {}, selected: null, visitors: {} };

function remembered(id) {
  try {
    const level = localStorage.getItem(MEMORY + id);
    return level in LEVELS ? level : 'normal';
  } catch {
    return 'normal';
  }
}

export function remember(id, level) {
  try {
    localStorage.setItem(MEMORY + id, level);
  } catch {
    // 没有存储空间时只在本次有效
  }
}

const blank = (id) => ({
  id, chatStatus: 0, profile: {}, level: remembered(id), memo: '', isFollowedUp: false, sentLevel: null, messages: [],
});

function change(state, id, next) {
  const visitor = state.visitors[id] ?? blank(id);
  return { ...state, visitors: { ...state.visitors, [id]: { ...visitor, ...next(visitor) } } };
}

// 只留有内容的资料，空白的不覆盖已有的
function filled(profile) {
  return Object.fromEntries(Object.entries(profile ?? {}).filter(([, value]) => value !== '' && value != null));
}

export function describe({ msgType, content, fileName, voiceDuration }) {
  const detail = content ?? fileName ?? (voiceDuration ? `${voiceDuration} 秒` : '');
  return `[${KINDS[msgType] ?? '其他'}] ${detail}`.trim();
}

export function reduce(state, action) {
  switch (action.type) {
    case 'ready': return { ...state, phase: 'ready', business: action.business };
    case 'error': return { ...state, phase: 'failed', problem: action.message };
    case 'select': {
      const { chatStatus, visitorData = {}, crmData } = action.visitor;
      const id = visitorData.visitorId;
      if (!id || chatStatus === 0) return { ...state, selected: null };
      const profile = filled({ ...filled(visitorData), ...filled(crmData) });
      const selected = { ...state, selected: id };
      return change(selected, id, (visitor) => ({ chatStatus, profile: { ...visitor.profile, ...profile } }));
    }
    case 'message': {
      const { message } = action;
      return change(state, message.visitorId, ({ messages }) => ({
        messages: [...messages, describe(message)].slice(-50), isFollowedUp: false,
      }));
    }
    case 'crm':
      return change(state, action.crm.visitorId, ({ profile }) => ({ profile: { ...profile, ...filled(action.crm) } }));
    case 'edit': return change(state, action.id, () => action.next);
    default: return state;
  }
}
