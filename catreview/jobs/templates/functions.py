r"""Your own labelling functions; they vote beside the built-in ones.

A function looks at one message and says yes or no to its category. The message has
.text, .previous (the message before it), .speaker, .conversation and .turn.
A function without a message declares what it looks for: that is quicker, and `+` in the app
or `catreview lf try` writes such functions for you. It returns phrase("can you"),
pattern(r"\bcan (you|u)\b") or Length(0, 12), or several of these that must all hold.
Run them with `catreview lf run` and see how they do with `catreview lf stats`.

One for a category of yours could look like this:

    @labelling_function("request")
    def asks_to_be_reminded(message):
        '''The listener is to remind somebody of something.'''
        text = message.text.lower()
        return text.startswith("remind ") or "please remind" in text
"""

from catreview.functions import Length, labelling_function, pattern, phrase
