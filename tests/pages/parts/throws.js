function hoistedBeforeThrow() { return 1; } undefinedThing.x(); function hoistedAfterThrow() { return 2; } var never = 1;
