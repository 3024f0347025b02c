define({ open: '处理中', done: '已完成', sent: '已发送' });
