define({ number: '1.0' });
