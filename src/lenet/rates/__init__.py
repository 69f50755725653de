"""The lesson of the learning rate: one training at several rates, judged and drawn."""
