/** What a mapping makes of a password, and who may see it: nobody. */
