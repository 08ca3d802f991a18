"""The only public door: sessions, channels, the dispatcher to Rasa, the widget and the shop page."""
