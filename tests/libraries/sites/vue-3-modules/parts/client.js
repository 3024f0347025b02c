const handlers = [];
let seen = 0;
export const onUser = (handler) => handlers.push(handler);
window.MCS_ClientNotify = (text) => {
  const data = JSON.parse(text);
  if (data.event !== 'OnUserChange') return;
  seen += 1;
  handlers.forEach((handler) => handler(data.useraccount, { first: seen === 1 }));
};
