select 1; -- held for another branch
