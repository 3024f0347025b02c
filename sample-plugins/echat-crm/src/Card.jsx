import { memo } from 'react';
import { LEVELS } from './visitors.js';

const ROWS = [
  ['phone', '电话'], ['wechat', '微信'], ['qq', 'QQ'], ['email', '邮箱'], ['age', '年龄'], ['memo', '备注'],
];
const TITLES = { 1: '先生', 2: '女士' };
const STATES = { 1: '对话中', 2: '已结束' };

export const Card = memo(function Card({ visitor }) {
  const { profile, level, chatStatus, isFollowedUp, messages } = visitor;
  return (
    <section className={`card ${level}`}>
      <h2>
        <span id="name">{profile.name ?? profile.nickName ?? visitor.id}{TITLES[profile.gender] ?? ''}</span>
        <em>{LEVELS[level].name}</em> <small>{STATES[chatStatus]}{isFollowedUp && '，已跟进'}</small>
      </h2>
      <dl>
        {ROWS.filter(([key]) => profile[key]).map(([key, label]) => (
          <div key={key}><dt>{label}</dt><dd id={key}>{profile[key]}</dd></div>
        ))}
      </dl>
      <ol id="messages">{messages.slice(-5).map((text, index) => <li key={messages.length + index}>{text}</li>)}</ol>
    </section>
  );
});
