showCredit({"credit": 715});
