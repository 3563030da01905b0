"""Pure rules, one file a rule: what counts as the same place, how full a taxi rank is."""
