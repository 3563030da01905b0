"""Operations (指挥): incidents, orders and their ledgers."""
