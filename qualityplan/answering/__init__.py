"""What every answer has, whichever app gives it: headers, refusals, the frame around a page."""
