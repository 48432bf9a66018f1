"""What the screens are made of; every widget is given plain data by its `show`."""
