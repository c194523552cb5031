mod user_agents;
