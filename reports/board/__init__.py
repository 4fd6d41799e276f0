"""The deputy's morning beside «Обзор»: who is absent, the wave of illnesses, the canteen (domain.md §2)."""
