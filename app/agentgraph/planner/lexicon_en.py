"""English phrases by sense; a heading is a role with its settings, the phrases are parted by bars."""

PHRASES: dict[str, str] = {
    "count": "how many|number of|the number of|count of|count the number of|count|total number of|the total number of|"
    "amount of|what number of|how many times|number of times|total count of|quantity of",
    "aggregate aggregate=avg": "average|avg|mean|on average|average number of|mean number of|average amount of",
    "aggregate aggregate=sum": "sum|sum of|how much|cumulative|cumulative total|cumulative total of|"
    "cumulative sum of|running total|running total of|running sum of",
    "aggregate aggregate=avg about=revenue,sale,value,bill": "average ticket|average order value|average ticket size",
    "total": "total|totals|in total|overall|combined|the combined|grand total|total amount of|total of|total amount",
    "aggregate aggregate=median": "median",
    "aggregate aggregate=min": "minimum|min",
    "aggregate aggregate=max": "maximum|max",
    "superlative about=altitude,elevation,height,size": "highest|greatest|largest elevation",
    "superlative": "largest amount of|largest number of|greatest number of|most number of|most amount of|"
    "highest number of|most|maximum number of|top|best|leading",
    "superlative order=asc about=altitude,elevation,height,size": "lowest",
    "superlative order=asc": "least|fewest|smallest number of|lowest number of|least number of|fewest number of|"
    "minimum number of|worst|poorest",
    "superlative about=size,area,carat,population,capacity,length,volume,total": "biggest|largest|larger",
    "superlative order=asc about=size,area,carat,population,capacity,length,volume,total": "smallest|tiniest|smaller",
    "about about=area,size": "how large|how big",
    "about about=length,duration": "how long",
    "about about=height,altitude,elevation": "how tall|how high",
    "about about=age": "how old",
    "about about=weight": "how heavy",
    "about about=depth": "how deep",
    "about about=speed": "how fast",
    "about about=population": "how populous|how many citizens|how many inhabitants|how many people live",
    "about about=price,cost": "how expensive",
    "superlative about=temperature": "hottest|warmest",
    "superlative order=asc about=temperature": "coldest|coolest",
    "superlative about=precipitation": "rainiest|wettest",
    "superlative order=asc about=precipitation": "driest",
    "superlative about=wind": "windiest",
    "superlative about=age": "oldest|eldest",
    "superlative order=asc about=age": "youngest",
    "superlative about=length,duration": "longest",
    "superlative order=asc about=length,duration,height": "shortest",
    "superlative about=height,altitude,elevation": "tallest",
    "superlative about=weight": "heaviest",
    "superlative order=asc about=weight": "lightest",
    "superlative about=price,cost,value": "most expensive|priciest|costliest|dearest|most valuable",
    "superlative order=asc about=price,cost,value": "cheapest|least expensive|most affordable",
    "superlative about=speed,horsepower": "fastest|most powerful|quickest",
    "superlative order=asc about=speed,horsepower": "slowest",
    "superlative about=population": "most populous|most populated",
    "superlative order=asc about=population": "least populous|least populated",
    "superlative about=density": "densest",
    "superlative about=depth": "deepest",
    "superlative about=income,salary": "richest|highest paid|best paid|wealthiest",
    "superlative about=date,year": "latest|newest|most recent|most recently|last",
    "superlative order=asc about=date,year": "earliest|first",
    "superlative about=efficiency,mpg": "most efficient|most economical",
    "superlative about=latitude": "northernmost|furthest north|farthest north|most northern",
    "superlative order=asc about=latitude": "southernmost|furthest south|farthest south|most southern",
    "superlative about=longitude": "easternmost|furthest east|farthest east",
    "superlative order=asc about=longitude": "westernmost|furthest west|farthest west",
    "frequent": "most common|most frequent|most popular|most often|commonest",
    "frequent order=asc": "least common|least frequent|rarest|least popular",
    "top": "top|first",
    "top order=asc": "bottom|last",
    "by": "by|per|for each|for every|grouped by|group by|broken down by|across|split by|by each|according to|"
    "for each and every|of each|in each|from each|at each|on each|with each|of every|in every|each|every|"
    "for each number of|of different|depending on|in each and every|differ by|differs by|differ across|vary by|"
    "varies by|vary across|differ between|vary between",
    "compare is=gt": "more than|greater than|higher than|larger than|above|over|exceeding|exceeds|exceed|bigger than|"
    "at more than|no less and more than|in excess of|superior to|exceeded|>",
    "compare is=lt": "less than|fewer than|lower than|smaller than|below|under|<",
    "compare is=ge": "at least|no less than|not less than|or more|minimum of|>=|or above|or higher|not below",
    "compare is=le": "at most|no more than|not more than|up to|or less|maximum of|<=|or below|or fewer|not above",
    "compare is=gt about=date,year": "after|later than|since after|following|subsequent to",
    "compare is=gt about=place": "follows|succeeds|succeeded|comes after|came after|directly after|right after|"
    "immediately after|just after|directly below|right below|immediately below|immediately following|listed after|"
    "directly following|listed below|next after|just below|is after",
    "compare is=lt about=place": "precedes|preceded|preceding|comes before|came before|directly before|right before|"
    "immediately before|just before|directly above|right above|immediately above|immediately preceding|listed before|"
    "listed above|just above|is before|directly prior to|immediately prior to|just prior to",
    "next": "next|following|previous|prior",
    "compare is=ge about=date,year": "since|starting in|from year|or after|or later|in or after|on or after",
    "compare is=lt about=date,year": "before|earlier than|prior to|previous to",
    "compare is=le about=date,year": "until|through|or earlier|before or in|in or before|on or before|or before then",
    "compare is=gt about=age": "older than",
    "compare is=lt about=age": "younger than",
    "compare is=gt about=weight": "heavier than|weighing more than",
    "compare is=lt about=weight": "lighter than|weighing less than",
    "compare is=gt about=length,duration": "longer than",
    "compare is=lt about=length,duration,height": "shorter than",
    "compare is=gt about=height,altitude": "taller than",
    "compare is=gt about=price,cost,value": "costlier than|more expensive than",
    "compare is=lt about=price,cost,value": "cheaper than|less expensive than",
    "compare is=gt about=temperature": "hotter than|warmer than",
    "compare is=lt about=temperature": "colder than|cooler than",
    "compare is=gt number=1 about=times": "more than once|more than one time|repeatedly|multiple times|several times",
    "compare is=gt number=2 about=times": "more than twice",
    "compare is=ge number=2 about=times": "at least twice|two or more times|twice or more",
    "compare is=eq number=1 about=times": "exactly once|only once|just once",
    "compare is=eq number=2 about=times": "exactly twice|only twice",
    "compare is=eq": "equal to|equals|equal|exactly|=",
    "compare is=ne": "not equal to|different from|other than|!=|<>",
    "compare is=lt number=0": "negative",
    "compare is=gt number=0": "positive",
    "between": "between|ranging from|from",
    "and": "and|but|as well as|along with|and also|plus|together with|versus|vs|&",
    "or": "or|either",
    "not": "not|non|no|never|without any|except|excluding|except for|besides|apart from|did not|do not|does not|is not|"
    "are not|was not|were not|has not|have not|had not|neither|isn|aren|doesn|didn|don|wasn|weren",
    "without": "without|lacking|do not have|does not have|did not have|have no|has no|had no|with no|do not have any|"
    "did not have any|does not have any|have not had|have never|do not own any|do not own|have not|with no|without any",
    "order": "ordered by|sorted by|order by|sort by|in order of|order of|ordered|sorted|order them by|sort them by|"
    "order the results by|sort the results by|ranked by|arranged by|sorted in|ordered in|rank by|listed by|"
    "sorting by|ordering by",
    "direction": "descending order of|in descending order of|in descending order|descending order|descending|desc|"
    "from highest to lowest|from high to low|from largest to smallest|from most to least|from best to worst|"
    "highest first|largest first|from the oldest to the youngest|from oldest to youngest|decreasing|"
    "decreasing order|in decreasing order|highest to lowest|from the best to the lowest|starting from the best|"
    "in decreasing order of|descendingly|in descending",
    "direction order=asc": "ascending order of|in ascending order of|in ascending order|ascending order|ascending|asc|"
    "from lowest to highest|from low to high|from smallest to largest|lowest first|smallest first|"
    "from the youngest to the oldest|from youngest to oldest|increasing|increasing order|in increasing order|"
    "lowest to highest|in increasing order of|in chronological order|chronologically",
    "alphabetical": "alphabetically|in alphabetical order|alphabetical order|in lexicographical order|"
    "lexicographical order|ordered alphabetically|sorted alphabetically|alphabetical",
    "distinct": "distinct|different|unique|various|without repeats|without repetition|without duplicates",
    "share": "share of|percentage of|percent of|proportion of|fraction of|what share of|what percentage of|"
    "what proportion of|what percent of|percentage|percent|proportion|as a percentage of|as a share of|as a percent of|"
    "as a fraction of|as percentage of|share|% of|%",
    "ratio": "ratio of|ratio between|ratio",
    "growth": "growth|percentage growth|percent growth|increase|percentage increase|growth rate|percent increase|"
    "percentage change|percent change|change|grow|grew|grown|rise|rose|increased",
    "growth order=asc": "decrease|decline|drop|fall|fell|shrink|percentage decrease|percent decrease",
    "streak": "consecutive|consecutively|in a row|in succession|back to back|consecutive years in which",
    "difference": "how many more|how much more|how many fewer|how many less|how much less|how much higher|"
    "how much lower|how much larger|how much longer|how much shorter|how much smaller|"
    "difference between|difference in|difference|gap between|gap|differ",
    "trend": "over time|trend|trend of|evolution|evolution of|over the years|over the months|history of|time series|"
    "through time|by time|change over time|changed over time|change over the years|changed over the years|"
    "vary over time|progress over time|develop|developed|evolve|evolved",
    "grain grain=day": "day|days|daily|date",
    "grain grain=month": "month|months|monthly",
    "grain grain=quarter": "quarter|quarters|quarterly",
    "grain grain=year": "year|years|yearly|annual|annually",
    "null": "null|missing|unknown|blank|not filled|not informed|unspecified|undefined",
    "contains is=contains": "containing|contains|contain|including the word|with the word|with the text|"
    "that include|whose name includes|has the word|have the word|with the word|the word|the substring|the letter",
    "contains is=starts": "starting with|starts with|start with|begins with|beginning with|begin with|"
    "starts with the letter|start with the letter|starting with the letter",
    "contains is=ends": "ending with|ends with|end with|ending in|ends in",
    "which": "whats|whos|"
    "which|what|who|whose|which ones|which are|what are|what is|what was|what were|who is|who are|who was|"
    "which is|which was|which were|what's|whom|in which|on which|at which|for which|to which|in what|at what|on what",
    "where": "where|from where|where is|where was|where are",
    "when": "when|when was|when were|when did",
    "ask": "name a|name an|name one|name any|name all|name some|name the|"
    "show|show me|list|list all|list the|give|give me|find|find the|find all|display|return|tell me|tell|get|"
    "retrieve|report|please|can you|could you|i want|i would like|let me know|select|identify|provide|"
    "print|present|compute|calculate|determine|see|i need|want to know|would like to know|compare|compare the",
    "row": "rows|row|records|record|entries|entry|lines|items|observations|samples|times|cases|case|instances|"
    "examples|data points|occurrences|item|people|persons|person",
    "of": "of|for|for all|'s",
    "in": "against|"
    "out of|out of all|in|at|on|during|from|within|into|to|among|amongst|inside|through|throughout|across all|"
    "across the",
    "with": "with|having|that have|that has|who have|who has|which have|which has|that had|who had|has|have|had|where|"
    "whose|that are|that is|that was|that were|who are|who is|which are|using|that|who|which",
    "stop": "how has|how have|how did|how does|how do|the|a|an|is|are|was|were|be|been|being|it|its|they|them|their|"
    "theirs|this|these|those|there|here|do|does|did|all|any|some|as|also|both|only|just|me|my|we|our|us|you|your|i|"
    "he|she|his|her|him|if|then|so|such|than|same|respectively|corresponding|respective|overall|entire|whole|"
    "each other|own|per se|file|dataset|data|table|database|sheet|spreadsheet|csv|dataset's|base|registered|recorded|"
    "according|exist|exists|existing|available|contained|many|much|can|will|would|should|could|may|might|about|ever|"
    "chart|graph|plot|bar chart|line chart|pie chart|as a chart|in a chart|as well|value|values|list|results|result|"
    "information|details|given|at all|please|in the file|in the data|in the dataset|in the table|listed|of them|"
    "of those|one|ones|happened|happen|occurred|occur|took place|take place|taken place|held|get|got|make|made|"
    "in miles|in square miles|in km|in kilometers|in kilometres|in square kilometers|in meters|in metres|in feet|"
    "in inches|degrees|degrees celsius|celsius|fahrenheit|dollars|euros|reais|"
    "in dollars|in euros|in reais|in pounds|in kg|in kilograms|in people|"
    "made by|go|goes|come|comes|came|called|named|actually|together|do they|have they|did they|too",
    "kind": "type|types|kind|kinds|sort|sorts|category|categories",
    "soft": "used|use|uses|made|play|plays|played|playing|live|lives|living|located|belong|belongs|work|works|"
    "worked|serve|serves|serving|served|associated|related|found|shared|owned|raised|offered|sold|"
    "bought|said|seen|known|considered|counted|measured|reported|observed|declared|earned|received|receive|"
    "won|win|wins|scored|score|finished|appear|appears|appeared|include|includes|including|based|ended|up|"
    "participated|participate|competed|compete|run|runs|ran|showed|supports|support|supported|teach|teaches|taught|"
    "stand|stands|lie|lies|across|through|per|involved|presented|published|"
    "written|cited|led|lead|leads|came|going|went|being|origin|total|"
    "do you know|out|off|around|currently|now|produced|sorted|ranked|driven|registered|issued|spent|"
    "cost|costs|paid|charged|happening|reach|reached|served|"
    "drove|ride|rode|rides|drive|drives|swam|threw|beat|stood|met|took|gave|attend|attends|host|hosts|hosted|face|faces|"
    "represent|represents|compete in|competes|"
    "dined|flow|flows|flowing|flowed|pass|passes|passing|passed|lying|cross|crosses|crossing",
    "forecast": "forecast|predict|prediction|predicted|projection|project the|will be|will the|will it|will we|"
    "going to be|next month|next year|next week|next quarter|tomorrow|expected to|in the future|would be if|"
    "estimate for next|next day|next decade",
    "write": "delete|drop|update|insert|remove|erase|truncate|alter|modify|add|create|rename|replace|overwrite|"
    "change the|set the|destroy|wipe|clear|grant|revoke|purge",
    "reason": "why|how can|how should|should i|should we|explain|what is the meaning of|what causes|"
    "what steps|what evidence|how do i|how do you|opinion|recommend|advice|suggest|correlation|cause|causes|because",
}
