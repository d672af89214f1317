/** Carries the native microkernels as resources; it has no packages of its own. */
module dev.lathe.stubs {}
