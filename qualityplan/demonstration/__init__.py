"""Made-up figures and accounts with which the service can be tried. Everything here says that it is made up."""
