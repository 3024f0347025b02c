export const loading = '加载中';
const none = '未选择客户';
export default { loading, none, of: (user) => `${user} 的工单` };
