import { useId } from 'react';
import { LEVELS, remember } from './visitors.js';
import { sendFile, sendText, setFollowedUp } from './workbench.js';

const HANDBOOK = { url: 'https://shop.example.com/files/member-handbook.pdf', name: '会员手册.pdf', size: 482_133 };

export function FollowUp({ visitor, business, onEdit }) {
  const id = useId();
  const { level, memo, isFollowedUp, sentLevel } = visitor;
  const isOpen = visitor.chatStatus === 1;
  const name = visitor.profile.name ?? '您';

  const changeLevel = (event) => {
    remember(visitor.id, event.target.value);
    onEdit({ level: event.target.value });
  };
  const sendBenefits = () => {
    sendText(`${name}，${business.shop}提醒：您现在是${LEVELS[level].name}。\n${LEVELS[level].benefits}`);
    if (level !== 'normal') sendFile(HANDBOOK);
    onEdit({ sentLevel: level });
  };
  const followUp = (event) => {
    event.preventDefault();
    setFollowedUp(true);
    onEdit({ isFollowedUp: true });
  };
  const takeBack = () => {
    setFollowedUp(false);
    onEdit({ isFollowedUp: false });
  };

  return (
    <form id="follow-up" onSubmit={followUp}>
      <label htmlFor={`${id}level`}>客户级别</label>
      <select id={`${id}level`} name="level" value={level} onChange={changeLevel}>
        {Object.entries(LEVELS).map(([key, { name: shown }]) => <option key={key} value={key}>{shown}</option>)}
      </select>
      <label htmlFor={`${id}memo`}>跟进记录</label>
      <textarea id={`${id}memo`} name="memo" rows={3} value={memo} onChange={(event) => onEdit({ memo: event.target.value })} />
      <p className="buttons">
        <button type="button" name="benefits" disabled={!isOpen || sentLevel === level} onClick={sendBenefits}>发送权益</button>
        <button type="submit" name="done" disabled={!isOpen || isFollowedUp || memo.trim() === ''}>标记已跟进</button>
        {isFollowedUp && <button type="button" name="undo" disabled={!isOpen} onClick={takeBack}>取消标记</button>}
      </p>
    </form>
  );
}
