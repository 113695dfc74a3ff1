DROP TABLE "secrets";
