/* measure/model_text.h -- a model in words.
 *
 * Is:    what a model is called in a question, and one line on how it gives credit.
 * Owns:  nothing: both are constants.
 * Never: NULL.
 */
#ifndef MEASURE_MODEL_TEXT_H
#define MEASURE_MODEL_TEXT_H

struct model_text {
    const char *name, *what;
};

#endif
