"""`python -m catreview`."""

from catreview.cli import main

if __name__ == "__main__":
    main()
