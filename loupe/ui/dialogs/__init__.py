"""Small non-modal dialogs: what is changed in them is seen at once and can be reset."""
