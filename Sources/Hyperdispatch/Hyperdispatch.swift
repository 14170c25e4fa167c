// Module contents to come.
