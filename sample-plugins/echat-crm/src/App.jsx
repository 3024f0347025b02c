import { useEffect, useReducer } from 'react';
import { Card } from './Card.jsx';
import { FollowUp } from './FollowUp.jsx';
import { initial, reduce } from './visitors.js';
import { connect, subscribe } from './workbench.js';

export function App() {
  const [state, dispatch] = useReducer(reduce, initial);
  useEffect(() => {
    const unsubscribe = subscribe(dispatch);
    connect();
    return () => void unsubscribe();
  }, []);

  if (state.phase === 'failed') return <p className="problem">验证失败：{state.problem}</p>;
  const visitor = state.visitors[state.selected];
  const others = Object.values(state.visitors).filter(({ id, isFollowedUp }) => id !== state.selected && !isFollowedUp);
  return (
    <>
      <header>
        <h1>客户跟进</h1>
        <span id="shop">{state.phase === 'ready' ? state.business.shop : '连接中…'}</span>
      </header>
      {visitor ? (
        <>
          <Card visitor={visitor} />
          <FollowUp
            key={visitor.id}
            visitor={visitor}
            business={state.business}
            onEdit={(next) => dispatch({ type: 'edit', id: visitor.id, next })}
          />
        </>
      ) : (
        <p className="nobody">请选择访客</p>
      )}
      {others.length > 0 && <footer>还有 <b id="others">{others.length}</b> 位待跟进</footer>}
    </>
  );
}
